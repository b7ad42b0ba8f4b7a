/**
 * The SQL pipe: a service's database, and statements with named parameters.
 * Services and health use it.
 * It uses nothing of ours.
 */
package choreography.sql;
