"""What leaves moltwatch other than the screen: lines on standard output, a forum websocket."""
