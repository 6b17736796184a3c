"""Plans as files to take away: workbook, CSV, GeoJSON."""
