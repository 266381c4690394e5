// Made by tools/make_demos.py: do not edit.
window.demoData = window.demoData || {};
demoData["divergences"] = {"cells":4200,"dx":0.01,"farthest":6.0,"first":-18.0,"humps":[[0.35,-2.5,0.7],[0.65,2.5,0.7]]};
