// Made by tools/make_demos.py: do not edit.
window.demoData = window.demoData || {};
demoData["f-divergences"] = {"cells":1600,"dx":0.01,"farthest":4.0,"first":-6.0,"shown":{"gan":[-6.0,1.0],"jensen_shannon":[-5.0,1.5],"kl":[-8.0,8.0],"neyman":[-8.0,2.0],"pearson":[-3.0,12.0],"reverse_kl":[-8.0,1.0],"squared_hellinger":[-4.0,2.0],"total_variation":[-0.8,0.8]},"spoilt":{"best":[0.0,1.0,0.1,0.0],"blurred":[0.1,1.5,0.1,0.5],"clipped":[0.0,5.0,0.1,1.0],"line":[0.0,4.0,0.1,0.5]},"sure":20.0};
