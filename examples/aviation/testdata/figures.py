#!/usr/bin/env python3
"""Computes the figures that the tests compare with, from the raw file and with
Python's standard library alone: python3 testdata/figures.py > testdata/figures.json"""
import collections
import json
import pathlib

data = pathlib.Path(__file__).parent.parent / "data"
flights = json.loads((data / "flights-20k.json").read_text())
months = collections.defaultdict(lambda: collections.Counter(days=0))
days = collections.defaultdict(set)
airports = collections.defaultdict(collections.Counter)
routes = collections.Counter()
for f in flights:
    day = f["date"][:10].replace("/", "-")
    month = months[day[:7]]
    days[day[:7]].add(day)
    month["departures"] += 1
    month["minutes"] += f["delay"]
    month["late"] += f["delay"] >= 15
    airports[day][f["origin"]] += 1
    routes[f["origin"], f["destination"]] += 1
(first, last), flown = max(routes.items(), key=lambda r: (r[1], [-ord(c) for c in r[0][0] + r[0][1]]))
print(json.dumps({
    "months": [{"Month": m, "Days": len(days[m]), "Departures": c["departures"], "Late": c["late"], "Minutes": c["minutes"]}
               for m, c in sorted(months.items())],
    "airports_on_2001_01_17": len(airports["2001-01-17"]),
    "departures_of_ATL_on_2001_01_17": airports["2001-01-17"]["ATL"],
    "routes": len(routes),
    "busiest": {"Origin": first, "Destination": last, "Flights": flown},
}, indent=2))
