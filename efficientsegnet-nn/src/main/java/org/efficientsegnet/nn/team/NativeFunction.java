// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.team;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import org.bytedeco.javacpp.Pointer;

/**
 * A C function of one integer that JavaCPP does not bind, called by its address. JavaCPP itself calls such functions in
 * order to free memory: its class for that is used. On the module path, where JavaCPP does not open its package, Java's
 * own linker does it from Java 22 on, and before that an instance of the class that is made without its constructor.
 */
@FunctionalInterface
interface NativeFunction {

    /** Keeps the addresses of a function and of its argument, and calls it. */
    String DEALLOCATOR = Pointer.class.getName() + "$NativeDeallocator";

    /** Calls the function. */
    void call(int argument) throws Throwable;

    /**
     * The function at an address.
     *
     * @throws ReflectiveOperationException if this JVM knows no way to call it
     */
    static NativeFunction at(long address) throws ReflectiveOperationException {
        Class<?> deallocator = Class.forName(DEALLOCATOR);
        Method call = deallocator.getMethod("deallocate");
        try {
            Constructor<?> constructor = deallocator.getDeclaredConstructor(Pointer.class, long.class, long.class);
            constructor.setAccessible(true);
            call.setAccessible(true);
            return argument -> call.invoke(constructor.newInstance(new Pointer(), (long) argument, address));
        } catch (InaccessibleObjectException e) {
            return Runtime.version().feature() >= 22 ? linked(address) : allocated(address);
        }
    }

    /** {@code Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.ofVoid(JAVA_INT))}. */
    static NativeFunction linked(long address) throws ReflectiveOperationException {
        Class<?> linker = Class.forName("java.lang.foreign.Linker");
        Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        Class<?> descriptor = Class.forName("java.lang.foreign.FunctionDescriptor");
        Object layouts = Array.newInstance(Class.forName("java.lang.foreign.MemoryLayout"), 1);
        Array.set(
                layouts,
                0,
                Class.forName("java.lang.foreign.ValueLayout")
                        .getField("JAVA_INT")
                        .get(null));
        Object options = Array.newInstance(Class.forName("java.lang.foreign.Linker$Option"), 0);
        MethodHandle handle = (MethodHandle) linker.getMethod("downcallHandle", segment, descriptor, options.getClass())
                .invoke(
                        linker.getMethod("nativeLinker").invoke(null),
                        segment.getMethod("ofAddress", long.class).invoke(null, address),
                        descriptor.getMethod("ofVoid", layouts.getClass()).invoke(null, layouts),
                        options);
        return argument -> handle.invoke(argument);
    }

    /** Makes an instance with both addresses in its fields. */
    static NativeFunction allocated(long address) throws ReflectiveOperationException {
        Class<?> deallocator = Class.forName(DEALLOCATOR);
        Method call = deallocator.getMethod("deallocate");
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field instance = type.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        Object unsafe = instance.get(null);
        Method allocate = type.getMethod("allocateInstance", Class.class);
        Method put = type.getMethod("putLong", Object.class, long.class, long.class);
        Method offset = type.getMethod("objectFieldOffset", Field.class);
        Object owner = offset.invoke(unsafe, deallocator.getDeclaredField("ownerAddress"));
        Object function = offset.invoke(unsafe, deallocator.getDeclaredField("deallocatorAddress"));
        return argument -> {
            Object made = allocate.invoke(unsafe, deallocator);
            put.invoke(unsafe, made, owner, (long) argument);
            put.invoke(unsafe, made, function, address);
            call.invoke(made);
        };
    }
}
