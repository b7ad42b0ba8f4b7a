package choreography.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import choreography.testing.ServiceProcess;
import choreography.testing.StartedProcess;

/** One replica of one or more services, which can be told to end between two commits. What it says is in its folder. */
final class ServiceJvm extends ServiceProcess {

    private final Path folder;

    ServiceJvm(Path folder, Map<String, String> settings) {
        super(folder.resolve("log"), halting(settings), StartedProcess.ALL_CLASSES, "-Xmx192m", "-Xshare:auto",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dlog4j2.configurationFile=log4j2.properties",
                "-D" + HaltingConnectionFactory.FOLDER + "=" + folder);
        this.folder = folder;
    }

    private static Map<String, String> halting(Map<String, String> settings) {
        settings.put("camel.beans.broker", "#class:" + HaltingConnectionFactory.class.getName());
        return settings;
    }

    /** @param what to ask the management port for, for example {@code metrics} */
    String observe(String what) {
        return management().get("/observe/" + what).body();
    }

    /** Has the JVM end between the two commits of the next message of this queue. */
    void haltAt(String queue) throws IOException {
        Path unfinished = folder.resolve("halt-at.unfinished");
        Files.writeString(unfinished, queue);
        Files.move(unfinished, folder.resolve(HaltingConnectionFactory.HALT_AT));
    }

    /** True once it began to end as {@link #haltAt} told it to. */
    boolean haltedOnCommand() {
        return !Files.exists(folder.resolve(HaltingConnectionFactory.HALT_AT));
    }

    void doNotHalt() throws IOException {
        Files.deleteIfExists(folder.resolve(HaltingConnectionFactory.HALT_AT));
    }

    /** How many messages it was given that had been given to a consumer before. */
    long redelivered() throws IOException {
        return counted(0);
    }

    /** How many copies of messages it was given. */
    long copies() throws IOException {
        return counted(Long.BYTES);
    }

    private long counted(int index) throws IOException {
        Path counted = folder.resolve(HaltingConnectionFactory.COUNTED);
        return Files.exists(counted) ? ByteBuffer.wrap(Files.readAllBytes(counted)).getLong(index) : 0;
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }
}
