"""From signals to what is told: verdicts on posts, groups of accounts."""
