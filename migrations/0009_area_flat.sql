-- +goose Up
-- The polygon on the plane of the map (Web Mercator): tiles are drawn from it, and transforming a
-- border for each tile was most of their cost.
alter table area_shape add column flat geometry(MultiPolygon, 3857) generated always as (st_transform(shape, 3857)) stored;
create index area_shape_flat on area_shape using gist (flat);
