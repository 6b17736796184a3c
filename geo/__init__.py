"""Where it is: travel minutes, contiguity, zone polygons. Arrays in, arrays out."""
