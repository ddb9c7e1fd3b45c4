-- The published file as it is, every column as text. A run that adds reads the new
-- files only.
{{ config(materialized='incremental') }}
{{ read_input('online_retail', [
    'InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate',
    'UnitPrice', 'CustomerID', 'Country',
], only_new=is_incremental()) }}
