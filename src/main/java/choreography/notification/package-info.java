/**
 * The notification service: mails. What it does with messages is in camel/notification.camel.yaml.
 * Only that file uses it.
 * It uses pipes and contract, no other service.
 */
package choreography.notification;
