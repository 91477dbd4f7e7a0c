"""The test bank: ordinary pytest modules, one per topic, whose functions are checks."""
