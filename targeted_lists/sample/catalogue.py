"""The assortment and the places of the invented shop.

Four products a category of the third level, 100 such categories, 13 of the first level.
Each line of `_ASSORTMENT` reads: category_2 / category_3 / lowest-highest price / names.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SERVICES = {
    "DELIVERY": ("Home Delivery", "Delivery", "Courier Fee", 499, 380),
    "GIFTWRAP": ("Gift Wrapping", "Gifts", "Wrapping", 350, 120),
}
"""Lines that are not goods: name, category_2, category_3, price and cost in cents."""

# The probability is that of the second product joining a basket that holds the first.
PAIRS = [
    ("Penne Rigate 500 g", "Basil Tomato Sauce", 0.48),
    ("House Blend Filter Coffee", "Paper Coffee Filters No. 4", 0.42),
    ("Soft Bristle Toothbrush", "Whitening Toothpaste", 0.38),
    ("Newborn Diapers", "Fragrance-Free Baby Wipes", 0.50),
    ("Adult Dog Kibble 5 kg", "Dental Chew Sticks", 0.40),
    ("Wireless Game Controller", "USB-C Charging Cable", 0.36),
    ("Dotted Notebook A5", "Fine Liner Set", 0.40),
    ("Yoga Mat 6 mm", "Foam Roller", 0.35),
]
"""Product, the product it pulls into the same basket, and how often."""

# City, region, country, weight, area codes. Phone numbers are built from the blocks that
# are reserved for fiction: 555-01XX in every North American area code (ATIS-0300115) and
# 07700 900XXX in the United Kingdom (Ofcom).
CITIES = [
    (
        "New York",
        "New York",
        "United States",
        18,
        ("212", "332", "347", "646", "718", "917", "929"),
    ),
    ("Chicago", "Illinois", "United States", 13, ("312", "708", "773", "847", "872")),
    ("Boston", "Massachusetts", "United States", 10, ("339", "617", "781", "857")),
    ("Seattle", "Washington", "United States", 10, ("206", "253", "360", "425")),
    ("Atlanta", "Georgia", "United States", 9, ("404", "470", "678")),
    ("Denver", "Colorado", "United States", 8, ("303", "720", "983")),
    ("Austin", "Texas", "United States", 8, ("512", "737", "830")),
    ("Portland", "Oregon", "United States", 6, ("503", "971", "541")),
    ("Minneapolis", "Minnesota", "United States", 5, ("612", "763", "952")),
    ("London", "England", "United Kingdom", 7, ()),
    ("Manchester", "England", "United Kingdom", 4, ()),
    ("Edinburgh", "Scotland", "United Kingdom", 2, ()),
]

_ASSORTMENT = """
# Groceries
Pantry / Pasta / 2-4 / Penne Rigate 500 g; Spaghetti No. 5; Whole Wheat Fusilli; Egg Tagliatelle
Pantry / Rice & Grains / 3-8 / Basmati Rice 2 kg; Arborio Rice; Tricolor Quinoa; Pearl Couscous
Pantry / Sauces / 3-7 / Basil Tomato Sauce; Jalapeño Salsa; Pesto Genovese; Smoky Barbecue Sauce
Pantry / Canned Food / 2-5 / Chickpeas in Water; Diced Tomatoes; Tuna in Olive Oil; Sweet Corn
Breakfast / Cereals / 3-7 / Crunchy Oat Granola; Corn Flakes; Muesli with Berries; Rolled Oats 1 kg
Breakfast / Spreads / 3-9 / Acacia Honey; Peanut Butter, Crunchy; Strawberry Jam; Hazelnut Spread
Snacks / Sweets / 2-6 / Dark Chocolate 70 %; Milk Caramels; Butter Cookies; Fruit Gummies
Snacks / Savoury / 2-5 / Sea Salt Chips; Roasted Almonds; Pretzel Sticks; Cheese Crackers
# Beverages
Hot Drinks / Coffee / 6-16 / House Blend Filter Coffee; Espresso Beans; Decaf Pods; Café Latte Mix
Hot Drinks / Tea / 3-9 / Earl Grey Tea; Green Sencha Tea; Peppermint Infusion; Rooibos Vanilla
Hot Drinks / Accessories / 2-5 / Paper Coffee Filters No. 4; Tea Infuser; Sugar Sticks; Creamer
Cold Drinks / Juice / 2-6 / Orange Juice 1 l; Apple Juice 1 l; Cranberry Nectar; Mango Smoothie
Cold Drinks / Water / 2-6 / Still Water 6-Pack; Sparkling Water; Lemon Water; Tonic Water
Cold Drinks / Soft Drinks / 2-6 / Ginger Ale; Cola Zero 6-Pack; Elderflower Soda; Iced Tea Peach
Alternatives / Plant Drinks / 2-5 / Oat Drink Barista; Almond Drink; Soy Drink; Coconut Drink
# Household
Laundry / Detergents / 6-15 / Colour Detergent 2 l; Wool Wash; Laundry Pods 30; Stain Remover Spray
Laundry / Softeners / 4-8 / Lavender Softener; Cotton Softener; Scent Pearls; Dryer Sheets
Cleaning / Surfaces / 3-7 / All-Purpose Cleaner; Glass Cleaner; Bathroom Spray; Floor Cleaner Pine
Cleaning / Tools / 3-14 / Microfibre Cloths 5; Spin Mop; Scrub Sponges 6; Dustpan Set
Kitchen Care / Dishwashing / 3-13 / Dishwasher Tabs 40; Dish Soap Lemon; Rinse Aid; Machine Cleaner
Paper / Tissue / 4-12 / Toilet Paper 12; Kitchen Rolls 4; Facial Tissues Box; Paper Napkins 50
Paper / Wraps & Bags / 3-7 / Trash Bags 35 l; Freezer Bags; Aluminium Foil; Baking Paper
Home Upkeep / Lighting / 4-12 / LED Bulb, Warm; LED Bulb, Cool; Night Light; Batteries AA 8
# Personal Care
Mouth / Toothbrushes / 3-9 / Soft Bristle Toothbrush; Bamboo Toothbrush; Travel Brush; Denture Box
Mouth / Toothpaste / 3-7 / Whitening Toothpaste; Herbal Toothpaste; Enamel Repair Gel; Mouthwash
Hair / Shampoo / 4-10 / Repair Shampoo; Anti-Dandruff Shampoo; Volume Conditioner; Argan Hair Mask
Hair / Styling / 5-11 / Matte Clay; Curl Cream; Strong Hold Spray; Heat Protect Mist
Skin / Face / 6-18 / Day Cream SPF 30; Hyaluronic Serum; Micellar Water; Clay Mask
Skin / Body / 4-10 / Shea Body Lotion; Shower Gel Citrus; Hand Cream; Coconut Body Scrub
Shaving / Razors / 5-14 / Five Blade Razor; Razor Refills 4; Shaving Gel; Aftershave Balm
Wellness / Vitamins / 6-15 / Vitamin D3 90; Magnesium Tablets; Omega-3 Capsules; Multivitamin 60
# Baby & Kids
Diapering / Diapers / 9-18 / Newborn Diapers; Midi Diapers; Maxi Diapers; Training Pants
Diapering / Wipes & Creams / 3-8 / Fragrance-Free Baby Wipes; Zinc Cream; Changing Mats; Powder
Feeding / Baby Food / 2-6 / Carrot Purée; Apple Banana Pouch; Oat Porridge; Rice Rusks
Feeding / Bottles / 5-14 / Anti-Colic Bottle; Straw Cup; Silicone Bibs 2; Snack Container
Play / Toys / 8-26 / Wooden Train Set; Stacking Rings; Plush Rabbit; Building Bricks 120
Play / Crafts / 4-12 / Finger Paints; Washable Markers 12; Sticker Book; Modelling Dough 6
Clothing / Basics / 6-16 / Baby Bodysuits 3; Kids Socks 5; Cotton Pyjamas; Sun Hat
School / Lunch / 6-15 / Lunch Box; Kids Water Bottle; Cutlery Case; Cooler Pouch
# Pets
Dogs / Dog Food / 9-28 / Adult Dog Kibble 5 kg; Puppy Kibble; Beef Dinner Cans; Senior Kibble
Dogs / Dog Treats / 3-8 / Dental Chew Sticks; Chicken Strips; Training Bites; Salmon Cubes
Dogs / Dog Gear / 7-25 / Reflective Leash; Padded Harness; Rope Toy; Travel Bowl
Cats / Cat Food / 6-20 / Indoor Cat Kibble; Salmon Pouches 12; Kitten Mousse; Tuna Flakes
Cats / Cat Care / 6-24 / Clumping Litter 10 l; Scratching Board; Catnip Mice; Grooming Brush
Small Pets / Food & Bedding / 4-12 / Timothy Hay; Rabbit Pellets; Wood Shavings; Budgie Seed Mix
Aquarium / Care / 5-16 / Flake Food; Water Conditioner; Filter Sponges; Algae Scraper
# Kitchen & Dining
Cookware / Pans / 22-60 / Non-Stick Skillet 28 cm; Cast Iron Pan; Wok with Lid; Crêpe Pan
Cookware / Pots / 25-70 / Stock Pot 8 l; Saucepan 2 l; Steamer Insert; Enamel Dutch Oven
Tools / Knives / 15-55 / Chef's Knife 20 cm; Paring Knife; Bread Knife; Knife Sharpener
Tools / Utensils / 6-18 / Silicone Spatula Set; Balloon Whisk; Digital Timer; Box Grater
Tableware / Plates / 14-40 / Dinner Plates 4; Pasta Bowls 4; Dessert Plates 4; Serving Platter
Tableware / Glasses / 12-32 / Red Wine Glasses 4; Tumblers 6; Champagne Flutes 4; Water Carafe
Baking / Bakeware / 10-28 / Springform Pan; Muffin Tray; Loaf Tin; Cookie Cutters
Storage / Containers / 10-30 / Glass Boxes 5; Bread Bin; Spice Jars 12; Vacuum Canister
# Home Decor
Textiles / Cushions / 12-35 / Linen Cushion; Velvet Cushion; Knit Pouf; Seat Pad
Textiles / Rugs / 30-90 / Jute Rug; Wool Runner; Cotton Bath Rug; Outdoor Rug
Textiles / Curtains / 20-60 / Blackout Curtain; Sheer Curtain; Roman Blind; Curtain Rod
Accents / Candles / 8-24 / Cedar Candle; Vanilla Candle; Tealights 50; Candle Lantern
Accents / Frames / 9-28 / Oak Frame A4; Gallery Set 5; Cork Board; Wall Mirror
Accents / Vases / 12-36 / Ribbed Glass Vase; Ceramic Vase; Dried Flowers; Bamboo Tray
Accents / Clocks / 14-45 / Oak Wall Clock; Alarm Clock; Hourglass; Kitchen Clock
Lighting / Lamps / 22-75 / Desk Lamp; Reading Floor Lamp; Paper Pendant; String Lights
# Bedding & Bath
Bedding / Sheets / 22-60 / Percale Set, Queen; Jersey Sheet; Flannel Set, Twin; Linen Set, King
Bedding / Duvets / 35-95 / All-Season Duvet; Down Duvet; Summer Blanket; Weighted Blanket
Bedding / Pillows / 18-50 / Memory Foam Pillow; Feather Pillow; Side Sleeper Pillow; Pillowcase
Bedding / Covers / 20-55 / Duvet Cover, Striped; Duvet Cover, Plain; Mattress Topper; Valance
Bath / Towels / 10-30 / Bath Towel; Hand Towels 2; Beach Towel; Hair Wrap
Bath / Mats / 10-26 / Memory Bath Mat; Bamboo Mat; Shower Mat; Toilet Rug
Bath / Storage / 9-30 / Shower Caddy; Laundry Basket; Soap Dispenser; Towel Ladder
Bath / Robes / 25-60 / Waffle Robe; Fleece Robe; Spa Slippers; Sauna Towel
# Electronics
Audio / Headphones / 35-160 / Over-Ear Headphones; Sport Earbuds; Noise-Free Buds; Kids Headset
Audio / Speakers / 30-140 / Mini Bluetooth Speaker; Shower Speaker; Soundbar 2.1; Bookshelf Speaker
Computing / Input / 18-70 / Wireless Mouse; Keyboard; Wireless Game Controller; Webcam 1080p
Computing / Storage / 20-95 / USB Stick 128 GB; Portable SSD 1 TB; Memory Card 256 GB; Card Reader
Power / Charging / 9-40 / USB-C Charging Cable; Power Bank 10 Ah; Wall Charger 65 W; Wireless Pad
Smart Home / Sensors / 20-70 / Smart Plug; Door Sensor; Smart Bulb; Indoor Camera
Small Appliances / Kitchen / 25-120 / Electric Kettle; Hand Blender; Toaster; Milk Frother
Small Appliances / Care / 22-95 / Hair Dryer; Beard Trimmer; Steam Iron; Air Purifier
# Stationery & Books
Paper / Notebooks / 5-14 / Dotted Notebook A5; Lined Notebook A4; Pocket Journal; Weekly Planner
Paper / Office Paper / 4-11 / Copy Paper 500; Sticky Notes 12; Kraft Envelopes 50; Index Cards
Writing / Pens / 3-12 / Fine Liner Set; Gel Pens 10; Mechanical Pencil; Highlighters 6
Writing / Art / 6-22 / Watercolour Set; Sketch Pad A3; Brush Pens 24; Acrylic Paints
Books / Fiction / 8-18 / The Lighthouse Year; A Quiet Harbour; Night Train North; Letters to Ada
Books / Non-Fiction / 10-24 / Bread at Home; The Small Garden; How Cities Grow; Sleep Better
Organising / Desk / 6-20 / Document Tray; Pen Holder; Magazine File; Label Maker Tape
# Garden & Outdoor
Planting / Seeds / 2-5 / Tomato Seeds; Wildflower Mix; Basil Seeds; Lawn Seed 1 kg
Planting / Soil & Feed / 6-16 / Potting Soil 20 l; Rose Feed; Compost Starter; Clay Pebbles
Planting / Pots / 8-30 / Terracotta Pot; Hanging Basket; Self-Watering Planter; Balcony Box
Tools / Hand Tools / 9-32 / Pruning Shears; Hand Trowel; Garden Gloves; Weeding Fork
Tools / Watering / 8-40 / Watering Can 8 l; Garden Hose 20 m; Spray Nozzle; Drip Kit
Outdoor / Grilling / 8-60 / Charcoal 5 kg; Grill Tongs; Table Grill; Cedar Planks
Outdoor / Furniture / 30-120 / Folding Chair; Bistro Table; Parasol; Hammock
Outdoor / Wildlife / 6-22 / Bird Feeder; Peanut Mix; Insect Hotel; Nest Box
# Sports & Leisure
Fitness / Yoga / 12-40 / Yoga Mat 6 mm; Foam Roller; Cork Block; Stretch Strap
Fitness / Strength / 14-60 / Resistance Bands; Kettlebell 8 kg; Dumbbell Pair; Push-Up Bars
Outdoors / Hiking / 12-70 / Daypack 20 l; Trekking Poles; Head Torch; Dry Bag
Outdoors / Cycling / 9-45 / Bike Lights; Mini Pump; Bottle Cage; Cycling Gloves
Games / Board Games / 14-40 / Harbour Trader; Word Duel; Family Quiz; Chess Set
Swimming / Gear / 8-28 / Swim Goggles; Swim Cap; Kickboard; Microfibre Towel
Travel / Bags / 15-80 / Packing Cubes 6; Cabin Backpack; Toiletry Bag; Neck Pillow
"""

_FIRST_NUMBER = 10101


def build_products(rng: np.random.Generator) -> pd.DataFrame:
    """Return the goods of the shop with prices, costs and popularity.

    Parameters
    ----------
    rng : draws price and margin of each product within the range of its category.

    Returns
    -------
    pandas.DataFrame : one row per product, in the order of the assortment, with product_id,
        product_name, category_1 to category_3, price and cost in cents (costs 55 to 75 % of
        the price) and `popularity`, its weight among the products of its category_1.
    """
    rows = []
    category_1 = ""
    for line in _ASSORTMENT.strip().splitlines():
        if line.startswith("# "):
            category_1 = line.removeprefix("# ")
            continue
        category_2, category_3, prices, names = line.split(" / ")
        low, high = (int(price) for price in prices.split("-"))
        rows += [
            (name.strip(), category_1, category_2, category_3, low, high)
            for name in names.split(";")
        ]
    products = pd.DataFrame(
        rows,
        columns=["product_name", "category_1", "category_2", "category_3", "low", "high"],
    )
    count = len(products)
    products.insert(0, "product_id", [f"P{_FIRST_NUMBER + i}" for i in range(count)])
    draw = products["low"] + rng.random(count) * (products["high"] - products["low"])
    products["price"] = (draw.round() * 100 - rng.choice([1, 5, 50], size=count)).astype("int64")
    products["cost"] = (products["price"] * rng.uniform(0.55, 0.75, count)).round().astype("int64")
    rank = rng.permuted(np.arange(count))
    products["popularity"] = 1 / (5 + products.assign(r=rank).groupby("category_1")["r"].rank())
    # A pair is only found where its first product is bought often enough.
    pullers = [first for first, _, _ in PAIRS]
    products.loc[products["product_name"].isin(pullers), "popularity"] = 0.35
    return products.drop(columns=["low", "high"])
