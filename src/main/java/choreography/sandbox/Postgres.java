package choreography.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/**
 * PostgreSQL as sandbox, tests and fault suite start it. No other user of this machine can exchange its programs, and
 * nobody gets in without a password: the superuser {@code postgres}, who can run any program, has a random one.
 */
public final class Postgres {

    private static final Path PROGRAMS = Path.of("target", "postgresql").toAbsolutePath();

    private Postgres() {
    }

    /**
     * Settings of a server that is to listen on loopback.
     *
     * @param passwordFile holds the superuser's password, for its owner only; made if it is not there
     */
    public static EmbeddedPostgres.Builder builder(Path passwordFile) throws IOException {
        PrivateFolder.make(PROGRAMS);
        // By default in the folder for temporary files, where all can put programs, and "old data" to be cleaned up.
        // It lets everyone write to the folder that it is given, hence one that only the owner reaches.
        System.setProperty("ot.epg.working-dir", PROGRAMS.resolve("unpacked").toString());
        if (!Files.exists(passwordFile)) {
            writePassword(passwordFile);
        }
        return EmbeddedPostgres.builder()
                // no settings of the locale, but all of these become options of initdb, which is told "trust" otherwise
                .setLocaleConfig("auth", "scram-sha-256")
                .setLocaleConfig("pwfile", passwordFile.toAbsolutePath().toString())
                .setConnectConfig("password", password(passwordFile))
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "");
    }

    /** The superuser's password. */
    public static String password(Path passwordFile) throws IOException {
        return Files.readString(passwordFile).trim();
    }

    private static void writePassword(Path file) throws IOException {
        Set<StandardOpenOption> anew =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
        var forTheOwner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try (OutputStream out = Channels.newOutputStream(Files.newByteChannel(part, anew, forTheOwner))) {
            out.write((UUID.randomUUID() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE); // never there without its content
    }
}
