"""The wall: student code on one side, expected values on the other; only plain data crosses."""
