from hypothesis import settings

# a busy machine is no failure, and nothing is written into the checkout
settings.register_profile("matching", deadline=None, database=None)
settings.load_profile("matching")
