"""What live sources share: connecting, coming back, remembering, asking without being a burden."""
