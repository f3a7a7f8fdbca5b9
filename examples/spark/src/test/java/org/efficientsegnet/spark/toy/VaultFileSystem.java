// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.toy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * A file system under a scheme of its own, of files that lie in a folder with another path: whoever takes its URIs for paths
 * finds nothing. Like HDFS it does not rename to a name that is taken.
 */
public class VaultFileSystem extends FileSystem {

    /** The configuration's key for the folder. */
    public static final String BASE = "vault.base";

    /** How many files were renamed in this virtual machine. */
    public static final AtomicInteger RENAMED = new AtomicInteger();

    private final RawLocalFileSystem files = new RawLocalFileSystem();
    private URI uri;
    private Path base;

    @Override
    public void initialize(URI name, Configuration configuration) throws IOException {
        super.initialize(name, configuration);
        uri = URI.create(name.getScheme() + "://" + name.getAuthority());
        base = new Path("file://" + configuration.get(BASE) + "/" + name.getAuthority());
        files.initialize(URI.create("file:///"), configuration);
    }

    @Override
    public URI getUri() {
        return uri;
    }

    @Override
    public String getScheme() {
        return uri.getScheme();
    }

    private Path inside(Path path) {
        String relative = makeQualified(path).toUri().getPath();
        return relative.equals("/") ? base : new Path(base + relative);
    }

    private FileStatus outside(FileStatus status) {
        String below = status.getPath()
                .toUri()
                .getPath()
                .substring(base.toUri().getPath().length());
        return new FileStatus(
                status.getLen(),
                status.isDirectory(),
                1,
                status.getBlockSize(),
                status.getModificationTime(),
                new Path(uri + (below.isEmpty() ? "/" : below)));
    }

    @Override
    public FSDataInputStream open(Path file, int buffer) throws IOException {
        return files.open(inside(file), buffer);
    }

    @Override
    public FSDataOutputStream create(
            Path file,
            FsPermission permission,
            boolean overwrite,
            int buffer,
            short replication,
            long blockSize,
            Progressable progress)
            throws IOException {
        return files.create(inside(file), overwrite, buffer, replication, blockSize, progress);
    }

    @Override
    public FSDataOutputStream append(Path file, int buffer, Progressable progress) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        RENAMED.incrementAndGet();
        return !exists(to) && files.rename(inside(from), inside(to));
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        return files.delete(inside(path), recursive);
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        return Arrays.stream(files.listStatus(inside(path))).map(this::outside).toArray(FileStatus[]::new);
    }

    @Override
    public void setWorkingDirectory(Path path) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path getWorkingDirectory() {
        return new Path(uri + "/");
    }

    @Override
    public boolean mkdirs(Path path, FsPermission permission) throws IOException {
        return files.mkdirs(inside(path));
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        try {
            return outside(files.getFileStatus(inside(path)));
        } catch (FileNotFoundException e) {
            throw new FileNotFoundException(path.toString());
        }
    }
}
