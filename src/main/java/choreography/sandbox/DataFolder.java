package choreography.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder that {@code sandbox.data} names, and whether it is the sandbox's. All that is in it may be deleted, so it
 * must have been empty once: then, before anything else, a marker is put into it. In a folder without marker nothing is
 * changed.
 */
final class DataFolder {

    /** {@code broker/run} writes it, too. */
    private static final String MARKER = ".order-choreography-sandbox";
    private static final List<String> PARTS = List.of("broker", "postgres", "mail");

    private DataFolder() {
    }

    /** @throws SandboxException if the folder is not the sandbox's, and cannot become it */
    static void claim(Path folder) {
        Path marker = folder.resolve(MARKER);
        try {
            boolean empty = !Files.exists(folder) || isEmpty(folder);
            if (!empty && !Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)) {
                throw new SandboxException(
                        ("The data folder %s (sandbox.data) is not empty and not a sandbox's: it has no "
                        + "file %s. Nothing in it was changed. Set sandbox.data to a new or empty folder.")
                        .formatted(folder, MARKER));
            }
            PrivateFolder.make(folder);
            if (empty) {
                Files.writeString(marker, "All in this folder belongs to the sandbox of order-choreography, "
                        + "which deletes it when told to.\n");
            }
        } catch (IOException e) {
            throw new SandboxException("The data folder " + folder + " (sandbox.data) cannot be used: " + e, e);
        }
        for (String part : PARTS) {
            if (Files.isSymbolicLink(folder.resolve(part))) {
                throw new SandboxException(("%s is a symbolic link: the sandbox does not use what it points to. "
                        + "Remove the link, or set sandbox.data to another folder.").formatted(folder.resolve(part)));
            }
        }
    }

    /** Deletes messages, rows and mail. */
    static void clear(Path folder) {
        PARTS.forEach(part -> deleteAll(folder.resolve(part)));
    }

    /** Deletes a file, or a folder with all that is in it. Symbolic links are deleted, not followed. */
    static void deleteAll(Path folder) {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new SandboxException("Old data in " + folder + " cannot be deleted: " + e, e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }
}
