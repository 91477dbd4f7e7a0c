"""The trusted side of the wall: calls to student code, and what came of them."""
