"""The load generator of `hasip bench run`: one caller and two far ends, in one loop on one thread."""
