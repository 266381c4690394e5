// Made by tools/make_demos.py: do not edit.
window.demoData = window.demoData || {};
demoData["field"] = {"forsaken":[0.07802666873846004,0.4119338513658199]};
