// Made by tools/make_demos.py: do not edit.
window.demoData = window.demoData || {};
demoData["field"] = {"rest":[0.07802666873846009,0.41193385136581984],"shift":0.45};
