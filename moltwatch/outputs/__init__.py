"""What leaves moltwatch other than the screen: lines on standard output, reports, a forum
websocket."""
