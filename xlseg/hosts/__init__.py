"""The places a workbook can live in."""
