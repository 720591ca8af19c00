"""How much `make soak` does: the one place for its amounts. Each may be set by a variable."""

import os

# Kills at random moments of a night that is run again and again.
N_RANDOM_KILLS = int(os.environ.get("MARS_SOAK_KILLS", "50"))
# In so many tests, which two processes share.
N_PARTS = min(N_RANDOM_KILLS, 5)
# One in so many is let through, and its rows are compared.
KILLS_PER_WHOLE_NIGHT = 5
# How often commands are started together, two to four of them.
N_RACES = int(os.environ.get("MARS_SOAK_RACES", "20"))
# In one race of so many the night builds its documents and histories too; they take most of it.
RACES_PER_WHOLE_NIGHT = 4
SEED = int(os.environ.get("MARS_SOAK_SEED", "20260301"))
# No command may take longer to end after a signal, or where the disk is full.
MOST_SECONDS_TO_STOP = 10.0
