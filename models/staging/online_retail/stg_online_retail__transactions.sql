-- The published file as it is, every column as text.
{{ read_input('online_retail', [
    'InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate',
    'UnitPrice', 'CustomerID', 'Country',
]) }}
