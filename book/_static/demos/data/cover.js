// Made by tools/make_demos.py: do not edit.
window.demoData = window.demoData || {};
demoData["cover"] = {"activations":{"D":"relu","G":"tanh"},"batch":96,"betas":[0.5,0.999],"lrD":0.008,"lrG":0.004,"modes":"AACAPwAAAADzBDU/8wQ1PzIxjSQAAIA/8wQ1v/MENT8AAIC/MjENJfMENb/zBDW/yslTpQAAgL/zBDU/8wQ1vw==","objective":"non_saturating","reach":1.45,"seeds":[22,1,5,17,31,34],"spread":0.05,"steps":1200,"width":32};
