-- The published file as it is, every column as text. An adding run reads only
-- the new files.
{{ config(materialized='incremental') }}
{{ read_input('online_retail', [
    'InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate',
    'UnitPrice', 'CustomerID', 'Country',
], only_new=is_incremental()) }}
