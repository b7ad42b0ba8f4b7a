-- One role and one schema a service, of the same name, so that a role's search path is its own schema.
-- Run once by an administrator in the services' database; harmless when run again.
-- The passwords are for development: change them with alter role.
do $$
declare
  service text;
begin
  foreach service in array array['user_service', 'order_service', 'billing_service', 'notification_service'] loop
    if not exists (select from pg_roles where rolname = service) then
      execute format('create role %I login password %L', service, service);
    end if;
    execute format('create schema if not exists %I authorization %I', service, service);
  end loop;
  revoke all on schema public from public;
end
$$;
