select json_strip_nulls(json_build_object('products', coalesce(json_agg(
         json_build_object('sku', sku, 'name', name, 'unitPrice', unit_price, 'currency', currency) order by sku), '[]')))::text
from product
