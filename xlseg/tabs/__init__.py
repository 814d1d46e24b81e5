"""Results → Tab values, one module a tab."""
