"""What each alert must do, as stories for `promtool test rules`: it fires, does not in the ordinary case beside it, and ends."""
