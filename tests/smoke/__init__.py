"""`make smoke`: the main job in a real browser against the demo that runs, with a part of it broken if asked."""
