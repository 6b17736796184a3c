"""The monitoring and early-warning report 监测预警报告: one content as PDF and Word, with a workbook beside it."""
