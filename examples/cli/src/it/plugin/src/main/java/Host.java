import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

public class Host {
    public static void main(String[] args) throws Exception {
        List<URL> urls = new ArrayList<>();
        urls.add(new File(args[0]).toURI().toURL());
        for (File jar : new File(args[1]).listFiles()) {
            urls.add(jar.toURI().toURL());
        }
        // The thread's loader stays the host's, which has never heard of the library.
        try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            loader.loadClass("Plugin").getMethod("run", String.class).invoke(null, args[2]);
        }
    }
}
