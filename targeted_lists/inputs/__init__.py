"""What the user brings, raw files and seeds: found, made readable, and refused where unsound."""
