"""`check`: what is wrong with settings, mapping and blueprints, with place and remedy."""
