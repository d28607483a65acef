// The program of this project is the README's example, the very text.
def text = new File(readme as String).getText('UTF-8')
def match = text =~ /(?s)<!-- example -->\s*```java\n(.*?)```/
if (!match.find()) {
    throw new IllegalStateException("${readme} has no java block after <!-- example -->")
}
def source = new File(basedir, 'src/main/java/Example.java')
source.parentFile.mkdirs()
source.setText(match.group(1), 'UTF-8')
return true
