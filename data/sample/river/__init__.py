"""Parts of the river district: its land, its people, its schools and its teachers."""
