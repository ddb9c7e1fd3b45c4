from python_ml.products import form_categories


def model(dbt, session):
    """One row per product, where no product of the dataset has a category of its own."""
    products = dbt.ref("int_products_conformed")
    meta = dbt.config.get("meta")
    is_missing = not products.filter("category_1 is not null").limit(1).fetchall()
    goods = products.filter("not is_service" if is_missing else "false")
    return form_categories(goods.project("product_id, product_name").df(), **meta)
