"""How many children: pupils by settlement, grade and year."""

from data.forecast.chain import forecast
from data.forecast.errors import NoCohort, UnknownPlace, YearNotForecast
from data.forecast.result import GRADE_GROUPS, GRADES_IN_ORDER, Forecast

__all__ = [
    "GRADES_IN_ORDER",
    "GRADE_GROUPS",
    "Forecast",
    "NoCohort",
    "UnknownPlace",
    "YearNotForecast",
    "forecast",
]
