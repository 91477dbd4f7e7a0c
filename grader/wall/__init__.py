"""The wall: student code lives on one side, expected values on the other; only plain data crosses."""
