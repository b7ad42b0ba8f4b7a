package choreography.catalogue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import choreography.contract.Services;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

/** The rooms of the house, and who may call whom. */
class RoomsTest {

    private static final String HOUSE = "choreography";

    /**
     * From the top of the house to its ground: a room may call its own classes and those of the floors below, no
     * neighbour.
     */
    private static final List<List<Set<String>>> STAIRS = List.of(
            List.of(Set.of(""), Set.copyOf(Services.all()), Set.of("health"), Set.of("http", "messaging", "sql"),
            Set.of("contract")),
            List.of(Set.of(""), Set.of("sandbox"), Set.of("contract")));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(HOUSE);

    @Test
    void shouldCallOnlyDownstairs() {
        for (List<Set<String>> floors : STAIRS) {
            for (int floor = 1; floor < floors.size(); floor++) {
                Set<String> below = new TreeSet<>();
                floors.subList(floor + 1, floors.size()).forEach(below::addAll);
                floors.get(floor).forEach(room -> assertCallsOnly(room, below));
            }
        }
    }

    private static void assertCallsOnly(String room, Set<String> below) {
        List<String> mayCall = new ArrayList<>(below.stream().map(RoomsTest::packageOf).toList());
        mayCall.add(packageOf(room));
        classes().that().resideInAPackage(packageOf(room))
                .should().onlyDependOnClassesThat(JavaClass.Predicates.resideOutsideOfPackage(HOUSE + "..")
                        .or(JavaClass.Predicates.resideInAnyPackage(mayCall.toArray(String[]::new))))
                .because(room + " may call " + (below.isEmpty() ? "no other room" : below))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void shouldSayOfEachRoomWhatIsHereAndWhoMayCallIt() {
        Set<String> rooms = new TreeSet<>();
        STAIRS.forEach(floors -> floors.forEach(rooms::addAll));
        rooms.remove("");
        CLASSES.stream().map(JavaClass::getPackageName).filter(name -> !name.equals(HOUSE)).distinct()
                .forEach(name -> assertThat(rooms).as("Put " + name + " on a floor")
                .contains(name.substring(HOUSE.length() + 1)));
        rooms.removeIf(room -> !Files.isDirectory(Path.of("src/main/java", HOUSE, room))); // it needs no Java
        for (String room : rooms) {
            assertThat(Path.of("src/main/java", HOUSE, room, "package-info.java"))
                    .as("Say in three lines what is in " + room)
                    .content().containsPattern("(?s)/\\*\\*\\n \\* .*\\n \\* .*\\n \\* .*\\n \\*/");
        }
    }

    private static String packageOf(String room) {
        return room.isEmpty() ? HOUSE : HOUSE + "." + room;
    }
}
