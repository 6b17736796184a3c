"""Roads: a network read from an extract, and what can be known from it of ways, minutes and borders."""
