"""From what pytest collected to checks that are run one by one, and the answer key."""
