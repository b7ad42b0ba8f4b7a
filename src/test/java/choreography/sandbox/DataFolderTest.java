package choreography.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import choreography.testing.FreePorts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a start does to the folder that sandbox.data names. */
class DataFolderTest {

    private static final String MARKER = ".order-choreography-sandbox";

    @TempDir
    Path folder;

    /** A home: PostgreSQL's sources, a Maildir, and files that name a running process as PID files do. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldChangeNothingInAFolderThatIsNotTheSandboxs(boolean fresh) throws Exception {
        Process stranger = new ProcessBuilder("sh", "-c", "read _").start();
        try {
            write("postgres/src/main.c", "int main");
            write("postgres/.git/HEAD", "ref: refs/heads/master");
            write("mail/cur/1.eml", "Subject: Mine");
            Files.createSymbolicLink(folder.resolve("mail/new"), folder.resolve("postgres"));
            Files.createDirectories(folder.resolve("broker"));
            ChildProcess.writePidFile(folder.resolve("broker/broker.pid"), stranger.toHandle());
            ChildProcess.writePidFile(folder.resolve("postgres/postmaster.pid"), stranger.toHandle());
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Map<String, String> before = contents(folder);

            assertThatThrownBy(() -> start(folder, fresh))
                    .isInstanceOf(SandboxException.class)
                    .hasMessage(
                            "The data folder %s (sandbox.data) is not empty and not a sandbox's: it has no file %s. "
                            + "Nothing in it was changed. Set sandbox.data to a new or empty folder.", folder, MARKER);

            assertThat(contents(folder)).isEqualTo(before);
            assertThat(ChildProcess.isRunning(stranger.toHandle())).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void shouldNotBelieveALinkToAnotherSandboxsMarker(@TempDir Path other) throws Exception {
        DataFolder.claim(other);
        write("mine", "mine");
        Files.createSymbolicLink(folder.resolve(MARKER), other.resolve(MARKER));

        assertThatThrownBy(() -> DataFolder.claim(folder)).isInstanceOf(SandboxException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"broker", "postgres", "mail"})
    void shouldRefuseALinkInItsFolder(String part, @TempDir Path elsewhere) throws Exception {
        DataFolder.claim(folder);
        Files.writeString(elsewhere.resolve("postmaster.pid"), "mine");
        Map<String, String> before = contents(elsewhere);
        Files.createSymbolicLink(folder.resolve(part), elsewhere);

        assertThatThrownBy(() -> start(folder, true))
                .isInstanceOf(SandboxException.class)
                .hasMessageStartingWith(folder.resolve(part) + " is a symbolic link: ");

        assertThat(contents(elsewhere)).isEqualTo(before);
    }

    @Test
    void shouldDeleteLinksAndNotWhatTheyPointTo(@TempDir Path elsewhere) throws Exception {
        Files.writeString(elsewhere.resolve("file"), "mine");
        Map<String, String> before = contents(elsewhere);
        DataFolder.claim(folder);
        Files.createDirectories(folder.resolve("mail"));
        Files.createSymbolicLink(folder.resolve("mail/folder"), elsewhere);
        Files.createSymbolicLink(folder.resolve("mail/file"), elsewhere.resolve("file"));
        Files.createSymbolicLink(folder.resolve("broker"), elsewhere);
        Files.createSymbolicLink(folder.resolve("postgres"), elsewhere.resolve("nothing"));

        DataFolder.clear(folder);

        assertThat(contents(folder)).containsOnlyKeys("", MARKER);
        assertThat(contents(elsewhere)).isEqualTo(before);
    }

    @Test
    void shouldMarkANewFolderBeforeAnythingElseAndCloseItToOthers() throws Exception {
        Path data = folder.resolve("new/data");

        DataFolder.claim(data);

        assertThat(contents(data)).containsOnlyKeys("", MARKER);
        assertThat(mode(data)).isEqualTo("rwx------");
    }

    @Test
    void shouldTakeAnEmptyFolderAndTakeItAgain() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        DataFolder.claim(folder);
        assertThat(mode(folder)).isEqualTo("rwx------");

        write("postgres/PG_VERSION", "17");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        DataFolder.claim(folder);

        assertThat(mode(folder)).isEqualTo("rwx------");
        assertThat(folder.resolve("postgres/PG_VERSION")).exists();
    }

    private static void start(Path data, boolean fresh) throws IOException {
        SandboxSettings ports = FreePorts.forSandbox(data);
        Sandbox.start(new SandboxSettings(data, fresh, ports.brokerPort(), ports.consolePort(), ports.databasePort(),
                ports.smtpPort(), ports.mailPort())).close();
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.writeString(folder.resolve(file), text);
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
    }

    /** Each file's mode, time and content by its path. */
    private static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                String content = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.readString(file) : "";
                contents.put(folder.relativize(file).toString(),
                        mode(file) + " " + Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS) + " " + content);
            }
        }
        return contents;
    }
}
