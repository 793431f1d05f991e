fn main() -> anyhow::Result<()> {
    std::fs::create_dir_all("ui/src/protocol")?;
    std::fs::write("ui/src/protocol/generated.ts", rivulet_protocol::typescript::generated())?;
    Ok(())
}
