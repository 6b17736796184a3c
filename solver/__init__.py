"""What to decide: one folder a model, one kind of answer, one door to OR-Tools and HiGHS."""
