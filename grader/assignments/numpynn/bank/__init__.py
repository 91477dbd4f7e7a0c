"""The test bank: ordinary pytest modules, one a topic, whose functions are checks."""
