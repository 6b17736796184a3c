"""
Service areas: the mathematics that zoning and consolidation share.

Whole settlements join schools; zones are connected; schools have places and beds. ``problem`` holds the arrays,
``check`` judges any plan without a solver, ``dual`` and ``exact`` prove bounds, ``search`` and ``improve`` find plans,
``explain`` says why. Zoning and consolidation are the two questions asked of it.
"""
