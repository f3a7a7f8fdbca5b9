// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * Providers of the library's services. In a plugin host (OSGi, NetBeans, Fiji, an application server) the thread's class
 * loader knows neither library nor plugin; then the library's own loader is asked as well.
 */
public final class Services {

    private Services() {}

    /**
     * Every provider that the thread's loader or the library's own one finds, each class once.
     *
     * @param broken told of providers that cannot be loaded; they do not take those away that can
     */
    public static <S> List<S> all(Class<S> service, Consumer<Throwable> broken) {
        Map<Class<?>, S> found = new LinkedHashMap<>();
        collect(ServiceLoader.load(service).iterator(), found, broken);
        collect(ServiceLoader.load(service, Services.class.getClassLoader()).iterator(), found, broken);
        return List.copyOf(found.values());
    }

    private static <S> void collect(Iterator<S> providers, Map<Class<?>, S> found, Consumer<Throwable> broken) {
        while (true) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                S provider = providers.next();
                found.putIfAbsent(provider.getClass(), provider);
            } catch (ServiceConfigurationError | LinkageError e) {
                broken.accept(e);
            }
        }
    }
}
