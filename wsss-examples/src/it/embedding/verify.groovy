// The program writes a label map for each of its four images.
def labels = new File(basedir, 'labels').listFiles({ it.name.endsWith('.png') } as FileFilter)
assert labels != null && labels.length == 4
return true
