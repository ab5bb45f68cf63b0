"""The screen. Nothing outside of this package and the commands that open it knows textual."""
